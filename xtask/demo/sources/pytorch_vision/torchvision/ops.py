"""Operators on boxes, each box `[x1, y1, x2, y2]`."""

import torch

from . import _C


def nms(boxes: list, scores: list, iou_threshold: float) -> torch.Tensor:
    """The indices of the boxes to keep, best score first: none overlaps a better one by more than the threshold."""
    kept: list[int] = []
    for i in sorted(range(len(scores)), key=lambda i: -scores[i]):
        if all(_C.iou(*boxes[i], *boxes[k]) <= iou_threshold for k in kept):
            kept.append(i)
    return torch.tensor(kept)
