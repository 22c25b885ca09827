from panels.selectors.panels import members_of, panels_of, resolution_by_pk, standing_of

__all__ = ["members_of", "panels_of", "resolution_by_pk", "standing_of"]
