"""The networks that ship; small enough to train and to run on two CPU cores."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 5
CLASS_WEIGHTS = (0.5, 2.0, 1.0, 1.0, 1.0)
"""Of the loss: muscle counts double, for it is what is measured."""
UNDONE = 0.5
"""Share of the class weights' effect on the logits that an answer takes back. Cross-entropy alone
would call for all of it, soft Dice for none; half left the least error of the area on slices of
seeds 24 and 25, which nothing is trained or reported on."""
HU_LOW, HU_HIGH, HU_CENTRE, HU_SCALE = -250.0, 350.0, 20.0, 150.0
"""Window of the input: fat to cortical bone, soft tissue in the middle."""


def convolution(inputs: int, outputs: int, dilation: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm, leaky rectifier."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.01, inplace=True),
    )


def upsample(x: Tensor) -> Tensor:
    """Twice the rows and columns, bilinear."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class PlainUNet(nn.Module):
    """U-Net of five levels (Ronneberger 2015) with 0.92 M parameters."""

    def __init__(self, channels: tuple[int, ...] = (16, 32, 64, 96, 128)) -> None:
        super().__init__()
        inputs = (1, *channels[:-1])
        self.down = nn.ModuleList(
            nn.Sequential(convolution(i, o), convolution(o, o))
            for i, o in zip(inputs, channels, strict=True)
        )
        self.up = nn.ModuleList(
            nn.Sequential(convolution(a + b, a), convolution(a, a)) for a, b in pairwise(channels)
        )
        self.head = nn.Conv2d(channels[0], CLASSES, 1)

    def forward(self, hu: Tensor) -> Tensor:
        """Logits (b, 5, rows, columns) from HU (b, 1, rows, columns); sides multiples of 16."""
        x = normalise(hu)
        kept: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else functional.max_pool2d(x, 2))
            kept.append(x)
        for level in reversed(range(len(self.up))):
            x = self.up[level](torch.cat([upsample(x), kept[level]], 1))
        return self.head(x)


class Residual(nn.Module):
    """Two convolutions beside a shortcut (He 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Features of the same channels as promised; rows and columns over the stride."""
        return functional.relu(self.body(x) + self.shortcut(x))


class ResidualPyramid(nn.Module):
    """Residual encoder, dilated pyramid (ASPP, Chen 2018), light decoder; 0.60 M parameters."""

    def __init__(self, channels: tuple[int, ...] = (16, 32, 64, 96)) -> None:
        super().__init__()
        first, last, middle = channels[0], channels[-1], channels[-2]
        self.stem = convolution(1, first)
        self.down = nn.ModuleList(
            [Residual(first, first)] + [Residual(a, b, 2) for a, b in pairwise(channels)]
        )
        self.pyramid = nn.ModuleList(convolution(last, middle, d) for d in (1, 2, 4, 8))
        self.project = nn.Conv2d(4 * middle + last, last, 1)
        self.up = nn.ModuleList(convolution(a + b, a) for a, b in pairwise(channels))
        self.head = nn.Conv2d(first, CLASSES, 1)

    def forward(self, hu: Tensor) -> Tensor:
        """Logits (b, 5, rows, columns) from HU (b, 1, rows, columns); sides multiples of 8."""
        x = self.stem(normalise(hu))
        kept: list[Tensor] = []
        for block in self.down:
            x = block(x)
            kept.append(x)
        overall = x.mean((2, 3), keepdim=True).expand_as(x)
        x = self.project(torch.cat([branch(x) for branch in self.pyramid] + [overall], 1))
        for level in reversed(range(len(self.up))):
            x = self.up[level](torch.cat([upsample(x), kept[level]], 1))
        return self.head(x)


def normalise(hu: Tensor) -> Tensor:
    """HU to about -1.8..2.2."""
    return (hu.clamp(HU_LOW, HU_HIGH) - HU_CENTRE) / HU_SCALE


LEVEL_CLASSES = 15
"""Vertebral levels told apart per row: five below L3 or lower, L3, nine above or higher."""


class L3Locator(nn.Module):
    """One score per row of the projections, the level of each row, and whether L3 is covered.

    Rows keep their resolution; columns are folded into channels. The level of every row is
    learned beside the position of L3, so that "covered" rests on the neighbours of L3 too.
    """

    def __init__(self, width: int = 16) -> None:
        super().__init__()

        def fold(inputs: int, outputs: int, stride: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, (1, stride), 1, bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            )

        w = width
        self.fold = nn.Sequential(
            fold(2, w, 2),
            fold(w, w, 1),
            fold(w, 2 * w, 2),
            fold(2 * w, 2 * w, 1),
            fold(2 * w, 3 * w, 2),
            fold(3 * w, 3 * w, 2),
        )
        self.mix = nn.Sequential(
            nn.Conv1d(3 * w * 6, 64, 1, bias=False), nn.BatchNorm1d(64), nn.ReLU(inplace=True)
        )
        self.along = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(64, 64, 5, padding=2 * d, dilation=d, bias=False),
                nn.BatchNorm1d(64),
                nn.ReLU(inplace=True),
            )
            for d in (1, 2, 4, 8, 16, 4, 1)
        )
        self.row_head = nn.Conv1d(64, 1, 1)
        self.level_head = nn.Conv1d(64, LEVEL_CLASSES, 1)
        self.covered_head = nn.Sequential(
            nn.Linear(64 + LEVEL_CLASSES, 32), nn.ReLU(inplace=True), nn.Linear(32, 1)
        )

    def forward(self, hu: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Row logits (b, 192), level logits (b, 15, 192), coverage logit (b, 1)."""
        x = self.fold(normalise_projections(hu))
        b, c, h, w = x.shape
        x = self.mix(x.permute(0, 1, 3, 2).reshape(b, c * w, h))
        for block in self.along:
            x = x + block(x)
        levels = self.level_head(x)
        evidence = torch.cat([x.amax(2), levels.softmax(1).amax(2)], 1)
        return self.row_head(x)[:, 0], levels, self.covered_head(evidence)


def normalise_projections(hu: Tensor) -> Tensor:
    """HU maxima to about -0.7..2, relative to how bright bone is in each view."""
    x = hu.clamp(0, 1200)
    # The mean of the brightest 2 % stands in for a quantile, which ONNX has no operator for.
    brightest = x.flatten(2).topk(368, dim=2).values.mean(2)[:, :, None, None] + 50.0
    return (x / brightest).clamp(0, 1.3) * 2 - 0.7


class Ensemble(nn.Module):
    """Members of the segmentation as one graph: mean, variance, mutual information, members."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, hu: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Probabilities are averaged, not logits, over the members."""
        each = torch.stack([self.probabilities(member, hu) for member in self.members], 1)
        mean = each.mean(1)
        variance = ((each - mean[:, None]) ** 2).mean(1)
        total = entropy(mean, 1)
        expected = entropy(each, 2).mean(1)
        return mean, variance, (total - expected).clamp(min=0), each[:, :, 1]

    @staticmethod
    def probabilities(member: nn.Module, hu: Tensor) -> Tensor:
        """Class probabilities of one member (b, 5, rows, columns)."""
        excess = UNDONE * torch.tensor(CLASS_WEIGHTS).log()
        return (member(hu) - excess[:, None, None]).softmax(1)


def entropy(p: Tensor, dim: int) -> Tensor:
    """Entropy over `dim`, nats; the dimension is kept when it is the class dimension."""
    return -(p * (p + 1e-6).log()).sum(dim, keepdim=dim == 1)
