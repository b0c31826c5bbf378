"""Programs to read and to run, written so that they work with another library too.

``classifier`` is written in PyTorch's style and
``regression`` in JAX's; in each only the imports say which library computes.
``softplus`` has one operator of one's own in three libraries, and
``names`` says what is called what. Neither library is needed: where one is
installed, the tests compare with it.
"""
