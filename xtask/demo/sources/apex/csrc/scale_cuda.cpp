// What `--cuda_ext` builds: code for the host and for GPUs.
#include <Python.h>

static PyObject* scale(PyObject*, PyObject* arguments) {
  double number, factor;
  if (!PyArg_ParseTuple(arguments, "dd", &number, &factor)) return nullptr;
  return PyFloat_FromDouble(number * factor);
}

static PyMethodDef methods[] = {
    {"scale", scale, METH_VARARGS, "Scales one number."},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "amp_C", nullptr, -1, methods};

PyMODINIT_FUNC PyInit_amp_C() {
  PyObject* module = PyModule_Create(&definition);
  if (module) PyModule_AddStringConstant(module, "device_api", "cuda");
  return module;
}
