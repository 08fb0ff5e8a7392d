"""Axes that are turned until questions lie near the passages that answer them.

Axes by spread alone (`vectors.fit`) know words, not what people mean by them. What is asked and what rules say lie
nearer to each other after the axes have seen some thousand such pairs, those of the bundled reading practice: a few
seconds, and no other model. Contrastive, against all its passages at once (InfoNCE, arXiv:1807.03748).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EPOCHS, BATCH, SEED = 5, 256, 0
STEP = 0.01
"""Of Adam, as a share of the axes' own size."""
SHARPNESS, SHARPNESS_STEP = 10.0, 0.05
"""What cosines are multiplied by at first, and Adam's step for it."""

Matrix = npt.NDArray[np.float32]


def turned(
    projection: npt.NDArray[np.float64], questions: Matrix, passages: Matrix, answers: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """The projection after learning.

    Chosen on practice that was held out (90 passages of 10 domains, 450 questions) and on JaQuAD train
    (docs/log.md).

    Args:
        projection: (hidden, dimensions), to begin with.
        questions: (questions, hidden), centred.
        passages: (passages, hidden), centred.
        answers: (questions,), the place of the passage that answers each.
    """
    import torch
    from torch.nn.functional import cross_entropy, normalize

    generator = torch.Generator().manual_seed(SEED)
    axes = torch.tensor(projection, dtype=torch.float32, requires_grad=True)
    sharpness = torch.tensor(SHARPNESS, requires_grad=True)
    asked, shelf, right = torch.from_numpy(questions), torch.from_numpy(passages), torch.from_numpy(answers)
    step = STEP * float(axes.detach().square().mean().sqrt())
    optimiser = torch.optim.Adam([{"params": [axes], "lr": step}, {"params": [sharpness], "lr": SHARPNESS_STEP}])
    for _ in range(EPOCHS):
        order = torch.randperm(len(asked), generator=generator)
        for start in range(0, len(asked), BATCH):
            batch = order[start : start + BATCH]
            cosines = normalize(asked[batch] @ axes, dim=1) @ normalize(shelf @ axes, dim=1).T
            optimiser.zero_grad()
            cross_entropy(sharpness * cosines, right[batch]).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return np.asarray(axes.detach().numpy(), dtype=np.float64)
