"""torchvision's ResNet-18 for small images: a stem of 3x3 pixels that leaves their size, for any number of channels.

layers: [relu, layer1, layer2, layer3, layer4, avgpool]. With its batch normalisation it needs an
optimiser with `batch_size`.
"""

from torch import nn
from torchvision.models import resnet18


def make(input_shape, n_outputs):
    model = resnet18(num_classes=n_outputs)
    model.conv1 = nn.Conv2d(input_shape[0], 64, kernel_size=3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model
