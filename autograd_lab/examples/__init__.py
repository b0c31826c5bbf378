"""Programs to read and to run, written so that they work with another library too.

:mod:`~autograd_lab.examples.classifier` is written in PyTorch's style and
:mod:`~autograd_lab.examples.regression` in JAX's; in each only the imports say which library computes.
:mod:`~autograd_lab.examples.softplus` has one operator of one's own in three libraries, and
:mod:`~autograd_lab.examples.names` says what is called what. Neither library is needed: where one is
installed, the tests compare with it.
"""
