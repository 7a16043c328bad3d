"""A whole run from a manifest: episodes in parts, augmented, checked, assembled, exported, delivered.

`MLTrainingPipeline("manifest.yaml").run("out")` does it and resumes it; docs/manifests.md explains the file.
"""

from envirosense.factory.pipeline.delivery import Delivery, DeliveryIncomplete
from envirosense.factory.pipeline.manifest import PipelineManifest
from envirosense.factory.pipeline.pipeline import MLTrainingPipeline
from envirosense.factory.pipeline.reading import manifest_of, read_manifest

__all__ = [
    "Delivery",
    "DeliveryIncomplete",
    "MLTrainingPipeline",
    "PipelineManifest",
    "manifest_of",
    "read_manifest",
]
