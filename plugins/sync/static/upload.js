// A file that is too large is said so before it is sent: the server would end the call half way.
(function () {
  "use strict";
  const file = document.querySelector("input[data-largest]");
  if (!file) return;
  const told = document.getElementById("file-too-large");
  const send = file.form.querySelector("button.btn-primary");
  file.addEventListener("change", () => {
    const chosen = file.files[0];
    const isTooLarge = Boolean(chosen) && chosen.size > Number(file.dataset.largest);
    file.classList.toggle("is-invalid", isTooLarge);
    told.classList.toggle("d-block", isTooLarge);
    send.disabled = isTooLarge;
  });
})();
