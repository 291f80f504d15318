#!/usr/bin/env bash
# Writes src/onnx/gen/onnx_pb.ts anew from src/onnx/onnx.proto. Needs the npm registry; its output is committed, so that
# nothing else does. buf is large and used only here: it is no dependency of the project.
set -euo pipefail
cd "$(dirname "$0")/../src/onnx"
npx -y -p @bufbuild/buf@1 -p @bufbuild/protoc-gen-es@2 -c 'buf generate onnx.proto --template "{
  \"version\": \"v2\",
  \"plugins\": [{ \"local\": \"protoc-gen-es\", \"out\": \"gen\", \"opt\": [\"target=ts\", \"import_extension=js\"] }]
}"'
