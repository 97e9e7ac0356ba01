// The C++ library of the miniature torch, as Python sees it. Hipify rewrites this file in place.
#include <Python.h>

#include "device_cuda.h"

static PyObject* device_count(PyObject*, PyObject*) { return PyLong_FromLong(cuda_device_count()); }

static PyMethodDef methods[] = {
    {"device_count", device_count, METH_NOARGS, "How many GPUs there are."},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "torch._C", nullptr, -1, methods};

PyMODINIT_FUNC PyInit__C() {
  PyObject* module = PyModule_Create(&definition);
  if (module) PyModule_AddStringConstant(module, "device_api", DEVICE_API);
  return module;
}
