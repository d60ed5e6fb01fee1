"""The JSON API, one module a noun; each module has a `router` whose every route names its policy."""
