"""Face models through ONNX Runtime."""
