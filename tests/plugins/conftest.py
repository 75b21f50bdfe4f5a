"""Tests of the plugins that ship, each in a folder of its own."""

from core.host.host import PluginHost
from plugins import BUILTIN

# Before any test imports a plugin's models: the loader notes whose the tables are as it imports
# them, and takes those that are there already for the core's.
PluginHost.load(BUILTIN, entry_points=False)
