"""Ways to make other episodes of the pole's episodes; registered in `envirosense.augmentations`."""
