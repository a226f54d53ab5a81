"""What the recipes in this folder share: the model file, the front end and the network in NumPy.

It is an implementation of its own, in float32 and plain NumPy, of what Hark computes with FFTW and
oneDNN; Hark's tests compare the two.
"""
