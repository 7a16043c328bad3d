"""Heat in solid bodies: the network of components, conductors, joints, transformers, insulators."""
