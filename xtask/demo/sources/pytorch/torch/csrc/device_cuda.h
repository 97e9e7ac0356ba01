// Hipify makes `device_hip.h` of this.
#pragma once
#define DEVICE_API "cuda"
int cuda_device_count();
