import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Model files that do not fit are refused in one line that names the tensor, and the daemon goes on
  /// with the model that it has.
  @Suite struct ModelRefusalTests {
    /// What is wrong with a file, and what must be said of it.
    private static func bad(in home: DaemonProcess.Home) -> [(model: LabelledModel, words: String)]
    {
      func model(
        _ name: String, _ change: (inout SafetensorsWriter) -> Void
      ) -> LabelledModel {
        var model = LabelledModel(name, in: home)
        change(&model.writer)
        return model
      }
      return [
        (model("missing") { $0.remove("conv3_1.bias") }, "the tensor conv3_1.bias is missing"),
        (
          model("shape") { $0.add("conv2.bias", shape: [7], [Float](repeating: 0, count: 7)) },
          "the tensor conv2.bias has the shape 7, not 6"
        ),
        (
          model("nan") { $0.add("conv1.bias", shape: [4], [0, .nan, 0, 0]) },
          "the tensor conv1.bias holds a value that is not a finite number"
        ),
        (
          model("labels") { $0.metadata["labels"] = #"["bell","rain"]"# },
          "the tensor tags.weight has the shape 3 × 128, not 2 × 128"
        ),
        (
          model("network") { $0.metadata["architecture"] = "resnet" },
          "its architecture is resnet, which this Hark does not know"
        ),
        (
          model("extra") { $0.add("conv5.bias", shape: [1], [0]) },
          "the architecture knows no tensor conv5.bias"
        ),
        (
          model("trained") { $0.metadata["trained"] = "true" },
          "the metadata key hashes is missing"
        ),
        (
          model("silent") {
            let zeros = [Float](repeating: 0, count: 128 * 96)
            $0.add("embedding.weight", shape: [128, 96], zeros)
            $0.add("embedding.bias", shape: [128], Array(zeros.prefix(128)))
          }, "it makes nothing but zeros of a sound: the tensor embedding.weight"
        ),
        (
          model("hash") { writer in
            let zeros = String(repeating: "0", count: 64)
            let hashes = writer.entries.map { "\"\($0.name)\":\"\(zeros)\"" }
            writer.metadata["hashes"] = "{\(hashes.joined(separator: ","))}"
          }, "the tensor conv1.bias does not have the hash that the metadata states"
        ),
      ]
    }

    private func check(_ file: URL) async throws -> ProgramRun {
      try await ProgramRun.run(ProgramRun.built("hark"), ["model", "check", file.path])
    }

    @Test func badModelsAreRefusedAndTheOldOneStays() async throws {
      let home = try DaemonProcess.Home()
      let good = LabelledModel("good", in: home)
      try good.writer.write(to: good.url)
      try home.set(model: good.url)
      try Clip.write(
        Clip.scene(seed: 50, seconds: 1.5), home.folder.appendingPathComponent("a.wav"))

      let sound = try await check(good.url)
      #expect(sound.status == 0 && sound.errors.isEmpty, "\(sound.errors)")
      #expect(sound.text.contains("good") && sound.text.contains("Labels      3\n"))
      let absent = try await check(home.beside("none.safetensors"))
      #expect(absent.status == 66 && absent.text.isEmpty)

      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])
      let before = try await daemon.status().models
      #expect(before.map(\.name) == ["good"])
      for (model, words) in Self.bad(in: home) {
        try model.writer.write(to: model.url)
        let refused = try await check(model.url)
        #expect(refused.status == 65 && refused.text.isEmpty, "\(refused)")
        #expect(refused.errors.contains(words), "\(refused.errors)")
        #expect(refused.errors.contains(model.url.path), "\(refused.errors)")
        #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")

        try home.set(model: model.url)
        daemon.process.send(SIGHUP)
        try await eventually("\(model.url.lastPathComponent) is refused") {
          let lines = home.logText.split(separator: "\n")
          return lines.contains { $0.contains(words) && $0.contains(model.url.path) }
        }
      }
      #expect(try await daemon.status().models == before)
      let tags = try await daemon.hark("tags", daemon.path("a.wav"))
      #expect(tags.status == 0 && tags.text.hasPrefix("SCORE"), "\(tags.errors)")
      #expect(try await daemon.stop() == 0)

      // The same at a start: the bad one that the settings still name does not take over.
      let next = try await DaemonProcess.start(home)
      let status = try await next.status()
      #expect(status.models == before)
      #expect(status.warnings.contains { $0.contains("conv1.bias does not have the hash") })
      #expect(try await next.stop() == 0)
    }

    /// The state directory's copy of a model is known by its hash, and made anew.
    @Test(arguments: ["cut off", "changed"])
    func aDamagedCopyIsMadeAnew(_ damage: String) async throws {
      let home = try DaemonProcess.Home()
      let model = LabelledModel("model", in: home)
      try model.writer.write(to: model.url)
      try home.set(model: model.url)
      let daemon = try await DaemonProcess.start(home)
      let before = try await daemon.status().models
      #expect(try await daemon.stop() == 0)

      let copy = home.state.appendingPathComponent("model-copies/\(before[0].id).safetensors")
      let sound = try Data(contentsOf: copy)
      var bytes = sound
      if damage == "changed" {
        // The last bytes are a weight's; the lowest bit keeps it a number.
        bytes[bytes.count - 4] ^= 1
      } else {
        bytes = bytes.prefix(bytes.count / 2)
      }
      try bytes.write(to: copy)
      let next = try await DaemonProcess.start(home)
      #expect(try await next.status().models == before)
      #expect(try Data(contentsOf: copy) == sound)
      #expect(home.logText.contains("is damaged and is removed"))
      #expect(try await next.stop() == 0)
    }
  }
}
