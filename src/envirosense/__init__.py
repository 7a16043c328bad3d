"""EnviroSense: physical twins that write labelled sensor datasets."""
