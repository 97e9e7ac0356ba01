// The operators of the miniature torchvision.
#include <Python.h>

static double overlap(double a1, double a2, double b1, double b2) {
  const double length = (a2 < b2 ? a2 : b2) - (a1 > b1 ? a1 : b1);
  return length > 0 ? length : 0;
}

static PyObject* iou(PyObject*, PyObject* arguments) {
  double a[4], b[4];
  if (!PyArg_ParseTuple(arguments, "dddddddd", a, a + 1, a + 2, a + 3, b, b + 1, b + 2, b + 3)) return nullptr;
  const double both = overlap(a[0], a[2], b[0], b[2]) * overlap(a[1], a[3], b[1], b[3]);
  const double either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
  return PyFloat_FromDouble(either > 0 ? both / either : 0);
}

static PyMethodDef methods[] = {
    {"iou", iou, METH_VARARGS, "Intersection over union of two boxes, as eight numbers."},
    {nullptr, nullptr, 0, nullptr},
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "torchvision._C", nullptr, -1, methods};

PyMODINIT_FUNC PyInit__C() {
  PyObject* module = PyModule_Create(&definition);
  if (module) PyModule_AddStringConstant(module, "device_api", "cuda");
  return module;
}
