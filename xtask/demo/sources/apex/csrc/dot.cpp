// What `--cpp_ext` builds: code for the host alone.
#include <Python.h>

static PyObject* dot(PyObject*, PyObject* arguments) {
  double a[2], b[2];
  if (!PyArg_ParseTuple(arguments, "(dd)(dd)", a, a + 1, b, b + 1)) return nullptr;
  return PyFloat_FromDouble(a[0] * b[0] + a[1] * b[1]);
}

static PyMethodDef methods[] = {
    {"dot", dot, METH_VARARGS, "The product of two pairs."},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "apex_C", nullptr, -1, methods};

PyMODINIT_FUNC PyInit_apex_C() { return PyModule_Create(&definition); }
