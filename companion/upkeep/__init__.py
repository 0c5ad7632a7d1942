"""Does what maintainers need: carries edits to later stages and writes README's table of stages."""
