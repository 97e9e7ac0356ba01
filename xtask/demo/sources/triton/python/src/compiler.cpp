// The C++ of the miniature triton. It makes code at run time, so it carries no code for GPUs.
#include <Python.h>

static PyObject* next_power_of_2(PyObject*, PyObject* number) {
  const long least = PyLong_AsLong(number);
  if (least == -1 && PyErr_Occurred()) return nullptr;
  long power = 1;
  while (power < least) power *= 2;
  return PyLong_FromLong(power);
}

static PyMethodDef methods[] = {
    {"next_power_of_2", next_power_of_2, METH_O, "The least power of two that is not less."},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "triton._C.libtriton", nullptr, -1, methods};

PyMODINIT_FUNC PyInit_libtriton() { return PyModule_Create(&definition); }
