// The effects of the miniature torchaudio.
#include <Python.h>

#include <cmath>

static PyObject* gain(PyObject*, PyObject* arguments) {
  double sample, decibels;
  if (!PyArg_ParseTuple(arguments, "dd", &sample, &decibels)) return nullptr;
  return PyFloat_FromDouble(sample * std::pow(10.0, decibels / 20.0));
}

static PyMethodDef methods[] = {
    {"gain", gain, METH_VARARGS, "Amplifies one sample."},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "torchaudio._C", nullptr, -1, methods};

PyMODINIT_FUNC PyInit__C() {
  PyObject* module = PyModule_Create(&definition);
  if (module) PyModule_AddStringConstant(module, "device_api", "cuda");
  return module;
}
