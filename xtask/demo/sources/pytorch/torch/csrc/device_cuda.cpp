// Hipify makes `device_hip.cpp` of this, which is what a build with ROCm compiles.
#include "device_cuda.h"
#include "fakelib_cuda.h"

int cuda_device_count() { return fakelib_cuda_devices(); }
