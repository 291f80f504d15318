"""Writes the NumPy files beside it, as numpy itself writes them: python make.py"""

import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
x = (np.arange(24).reshape(3, 2, 4) - 5) / 4  # exact in float16

np.savez(here / "plain.npz", x=x, y=np.array([7, 0, 2]), notes=np.array(["a", "b"]))
np.savez_compressed(here / "compressed.npz", x=x.astype(">f4"), y=np.array([True, False, True]))
np.savez(
    here / "dtypes.npz",
    **{name: x.astype(name) for name in ["float16", "float32", "float64", ">f2", ">f4", ">f8"]},
    **{name: (x * 4).astype(name) for name in ["int8", "int16", "int32", "int64", ">i2", ">i4", ">i8"]},
    **{name: (x * 4 + 5).astype(name) for name in ["uint8", "uint16", "uint32", "uint64", ">u2", ">u4", ">u8"]},
    bool=(x > 0),
    fortran=np.asfortranarray(x),
    complex64=x.astype("complex64"),
    structured=np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f4")]),
    object=np.array([None, 1], dtype=object),
    big=np.array([2**60]),
    half_limits=np.array([2.0**-24, 65504, np.inf, -np.inf, np.nan], dtype="float16"),
)
np.save(here / "single.npy", x)
