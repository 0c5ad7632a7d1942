"""Does what maintainers need: carries edits to later stages, tries mutants."""
