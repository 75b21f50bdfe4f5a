"""The plugins that come with Sapa. They use nothing that a stranger's plugin could not."""

BUILTIN = (
    "plugins.automation.plugin",
    "plugins.merge.plugin",
    "plugins.routing.plugin",
    "plugins.sync.plugin",
    "plugins.channels.email.plugin",
    "plugins.channels.instagram.plugin",
    "plugins.channels.lazada.plugin",
    "plugins.channels.messenger.plugin",
    "plugins.channels.shopee.plugin",
    "plugins.channels.simulator.plugin",
    "plugins.channels.sms.plugin",
    "plugins.channels.telegram.plugin",
    "plugins.channels.tiktok_shop.plugin",
    "plugins.channels.whatsapp_cloud.plugin",
    "plugins.channels.whatsapp_qr.plugin",
)
"""Module paths, for the loader. Third parties use the entry-point group `sapa.plugins`."""
