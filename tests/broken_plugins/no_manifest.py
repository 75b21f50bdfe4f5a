from core.api import hookimpl


@hookimpl
def menu_links():
    return []
