import API
import Core

extension Schema {
  /// Every schema that the document names.
  static let components: [String: JSONValue] =
    answers.merging(requests) { own, _ in own }.merging(parts) { own, _ in own }

  private static let answers: [String: JSONValue] = [
    "Problem": object(
      [
        "type": ["type": "string", "format": "uri"], "title": string,
        "status": ["type": "integer", "minimum": 400, "maximum": 599], "detail": string,
        "code": oneOf(
          Set(HarkError.Code.allCases.map(\.rawValue))
            .union(AnalysisFailure.Code.allCases.map(\.rawValue)).sorted()),
      ], optional: ["remedy": string]),
    "Status": object(
      [
        "version": string, "pid": count, "started": seconds, "state_directory": string,
        "roots": list(reference("Root")), "files": reference("FileCounts"),
        "recordings": count, "duration": seconds, "models": list(reference("Model")),
        "workers": list(reference("Worker")), "analysed_since_start": count,
        "seconds_since_start": seconds, "idle": boolean, "warnings": list(string),
      ],
      optional: [
        "state_directory_base64": base64, "sandbox": list(oneOf(Sandbox.full.names)),
      ]),
    "Files": object(["files": list(reference("File"))], optional: ["cursor": string]),
    "Recordings": object(
      ["recordings": list(reference("Recording"))], optional: ["cursor": string]),
    "Recording": object(
      [
        "id": id, "duration": seconds, "sample_rate": count, "channels": count, "frames": count,
        "container": string, "codec": string, "peak": number, "silence_share": number,
        "warnings": list(string), "decoder": string, "added": seconds,
        "files": list(reference("File")), "products": list(reference("Product")),
      ], optional: ["loudness": number]),
    "SimilarAnswer": object([
      "query": reference("SimilarEcho"), "results": list(reference("SimilarResult")),
    ]),
    "IdentifyAnswer": object(
      ["query": reference("IdentifyEcho"), "results": list(reference("IdentifyResult"))],
      optional: ["reason": oneOf(["too short", "silence", "no match"])]),
    "DuplicateAnswer": object(
      [
        "recordings": count, "compared": count, "total": count,
        "groups": list(reference("DuplicateGroup")),
      ], optional: ["cursor": string]),
    "TagAnswer": object(["query": reference("TagEcho"), "tags": list(reference("Tag"))]),
    "Models": object(["models": list(reference("Model"))]),
    "ModelDetails": object(["model": reference("Model"), "labels": list(string)]),
    "Event": object(
      [
        "kind": oneOf(Wire.Event.Kind.allCases.map(\.rawValue)), "number": count,
        "time": seconds,
      ],
      optional: [
        "path": string, "path_base64": base64, "previous_path": string,
        "previous_path_base64": base64, "id": id, "new": boolean, "code": string,
        "message": string, "pending": count, "analysed": count, "failed": count,
      ]),
  ]

  private static let requests: [String: JSONValue] = [
    "SimilarRequest": request(
      ["like": list(reference("Seed")).adding(["minItems": 1, "maxItems": 1000])],
      optional: [
        "unlike": list(reference("Seed")).adding(["maxItems": 1000]),
        "filter": reference("Filter"),
        "k": ["type": "integer", "minimum": 1, "maximum": 10_000, "default": 10],
      ]),
    "IdentifyRequest": request(
      [:],
      optional: [
        "path": requestPath, "path_base64": requestBase64, "id": id,
        "expect": ["type": "integer", "minimum": 1, "maximum": 1_000, "default": 1],
      ]
    ).adding(["oneOf": oneOfKeys("path", "path_base64", "id")]),
    "TagRequest": request(
      [:], optional: ["path": requestPath, "path_base64": requestBase64, "id": id]
    ).adding(["oneOf": oneOfKeys("path", "path_base64", "id")]),
    "Seed": described(
      request(
        [:],
        optional: [
          "path": requestPath, "path_base64": requestBase64, "id": id, "from": seconds,
          "to": seconds,
        ]
      ).adding([
        "oneOf": oneOfKeys("path", "path_base64", "id"),
        "dependentRequired": ["from": ["to"], "to": ["from"]],
      ]),
      "A recording by its id or a file that holds it; with `from` and `to` a stretch of it: "
        + "the mean of the stored segments whose middle lies in it, scaled to length 1."),
    "Filter": request(
      [:],
      optional: [
        "under": ["oneOf": [requestPath, list(requestPath)]],
        "under_base64": ["oneOf": [requestBase64, list(requestBase64)]],
        "duration": reference("DurationBounds"),
      ]),
    "DurationBounds": request([:], optional: ["min": seconds, "max": seconds]),
    "Rescan": request(
      [:],
      optional: [
        "under": requestPath, "under_base64": requestBase64, "adopt": ["type": "boolean"],
      ]
    )
    .adding(["not": ["required": ["under", "under_base64"]]]),
    "Forget": request([:], optional: ["path": requestPath, "path_base64": requestBase64])
      .adding(["oneOf": oneOfKeys("path", "path_base64")]),
  ]

  private static let relations = CopyRelation.allCases.filter { $0 != .sharing }.map(\.rawValue)

  private static let share: JSONValue = ["type": "number", "minimum": 0, "maximum": 1]

  private static let parts: [String: JSONValue] = [
    "Root": object(
      [
        "path": string,
        "state": oneOf(["scanning", "watching", "polling", "offline", "unreadable"]),
      ], optional: ["path_base64": base64, "detail": string]),
    "FileCounts": object([
      "pending": count, "analysed": count, "failed": count, "skipped": count, "offline": count,
    ]),
    "Model": object(
      [
        "id": id, "name": string, "architecture": string, "trained": boolean, "licence": string,
        "role": oneOf(["active", "incoming", "kept"]), "labels": count, "recordings": count,
        "segments": count,
      ], optional: ["precision": oneOf(Precision.allCases.map(\.rawValue))]),
    "Worker": object(
      ["pid": count, "lane": string, "state": string, "restarts": count],
      optional: ["file": string, "seconds": seconds]),
    "File": object(
      [
        "path": string, "state": oneOf(FileEntry.State.allCases.map(\.rawValue)), "size": count,
        "modified": number, "added": seconds, "metadata": reference("Metadata"),
      ],
      optional: [
        "path_base64": base64, "id": id, "duration": seconds, "container": string,
        "codec": string, "failure": reference("Failure"),
      ]),
    "Failure": object(
      [
        "code": oneOf(AnalysisFailure.Code.allCases.map(\.rawValue)), "message": string,
        "retry": oneOf(["afterChange", "afterPause"]), "count": count,
      ], optional: ["retry_at": seconds]),
    "Metadata": object(
      [:],
      optional: [
        "title": string, "artist": string, "album": string, "track": string, "date": string,
      ]),
    "Product": object([
      "model": id, "precision": oneOf(Precision.allCases.map(\.rawValue)), "segments": count,
      "short": boolean,
    ]),
    "SimilarEcho": object(
      [
        "like": list(reference("Seed")), "unlike": list(reference("Seed")),
        "filter": reference("Filter"), "k": count, "by_moment": boolean,
        "model": reference("ModelName"),
      ], optional: ["audio": reference("QueryAudio")]),
    "IdentifyEcho": object(
      ["expect": count, "duration": seconds],
      optional: [
        "path": string, "path_base64": base64, "id": id, "audio": reference("QueryAudio"),
      ]),
    "IdentifyResult": object(
      [
        "path": string, "paths": list(string), "id": id, "score": share, "offset": number,
        "speed": number, "pitch": number, "matched": seconds, "confidence": share,
        "expected_false_matches": ["type": "number", "minimum": 0],
        "intervals": list(reference("Interval")), "duration": seconds,
        "metadata": reference("Metadata"),
      ], optional: ["path_base64": base64, "paths_base64": list(base64)]),
    "DuplicateGroup": object([
      "relation": oneOf(relations), "files": list(reference("DuplicateFile")),
    ]),
    "DuplicateFile": object(
      [
        "path": string, "id": id, "best": boolean,
        "differs": list(oneOf(CopyDifference.allCases.map(\.rawValue))), "size": count,
        "bit_rate": count, "duration": seconds, "sample_rate": count, "channels": count,
        "metadata": reference("Metadata"),
      ],
      optional: [
        "path_base64": base64, "relation": oneOf(relations), "offset": number, "speed": number,
        "pitch": number, "intervals": list(reference("Interval")), "container": string,
        "codec": string, "loudness": number,
      ]),
    "Interval": object(["from": seconds, "to": seconds]),
    "TagEcho": object(
      ["model": reference("ModelName")],
      optional: [
        "path": string, "path_base64": base64, "id": id, "audio": reference("QueryAudio"),
      ]),
    "Tag": object([
      "label": string, "score": share,
    ]),
    "ModelName": object(["id": id, "name": string, "trained": boolean]),
    "QueryAudio": object(["id": id, "duration": seconds, "warnings": list(string)]),
    "SimilarResult": object(
      [
        "path": string, "paths": list(string), "id": id,
        "score": ["type": "number", "minimum": -1, "maximum": 1], "duration": seconds,
        "metadata": reference("Metadata"),
      ],
      optional: [
        "path_base64": base64, "paths_base64": list(base64), "from": seconds, "to": seconds,
      ]),
  ]
}
