"""Laws of nature as pure functions of arrays: no files, settings or clock; chance comes in as `rng`."""
