// The REST documentation, drawn here and not by another host.
(function () {
  "use strict";
  const place = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({
    url: place.dataset.openapi,
    domNode: place,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    validatorUrl: null, // its default sends the document to another host
  });
})();
