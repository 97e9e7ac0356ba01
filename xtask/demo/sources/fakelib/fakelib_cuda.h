// A library that torch carries as a submodule; hipify translates it in place, inside the submodule.
#pragma once
inline int fakelib_cuda_devices() { return 0; }
