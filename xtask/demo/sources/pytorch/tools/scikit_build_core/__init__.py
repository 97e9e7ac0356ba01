"""A miniature of scikit-build-core: what a front end sees of it, with setuptools underneath."""
