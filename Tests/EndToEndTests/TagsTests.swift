import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Tags from the model file to the command line.
  @Suite struct TagsTests {
    private struct Results: Decodable {
      var results: [Wire.TagAnswer]
    }

    private struct Shown: Decodable {
      var tags: [Wire.Tag]?
    }

    private struct Listed: Decodable {
      struct File: Decodable { var path: String }
      var models: [Wire.Model]
      var files: [File]
    }

    @Test(.enabled(if: ProgramRun.find("curl") != nil, "needs curl"))
    func tagsAreThoseOfTheModelsHead() async throws {
      let home = try DaemonProcess.Home()
      let model = LabelledModel("labelled", in: home)
      try model.writer.write(to: model.url)
      try home.set(model: model.url)
      let sounds = [home.folder.appendingPathComponent("a.wav"), home.beside("outside.wav")]
      for (index, sound) in sounds.enumerated() {
        try Clip.write(Clip.scene(seed: UInt64(40 + index), seconds: 2.5), sound)
      }
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["a.wav"])

      let array = home.beside("pooled.npy")
      let embedded = try await ProgramRun.run(
        ProgramRun.built("hark"),
        ["embed", "--pooled", "--model", model.url.path, "--output", array.path]
          + sounds.map(\.path))
      try #require(embedded.status == 0, "\(embedded.errors)")
      let rows = try NPYArray(array).values

      // One from the library and one from outside.
      let answers = try daemon.decode(
        Results.self, try await daemon.hark(["tags", "--json"] + sounds.map(\.path))
      ).results
      #expect(answers.map(\.query.path) == sounds.map(\.path))
      #expect(answers.map { $0.query.audio != nil } == [false, true])
      for (index, answer) in answers.enumerated() {
        let expected = model.scores(rows[index * 128..<(index + 1) * 128])
        #expect(Set(answer.tags.map(\.label)) == Set(LabelledModel.labels))
        for tag in answer.tags {
          #expect(abs(tag.score - (expected[tag.label] ?? .nan)) < 1e-4, "\(tag)")
        }
        #expect(zip(answer.tags, answer.tags.dropFirst()).allSatisfy { $0.score >= $1.score })
        #expect(answer.query.model.name == "labelled")
      }

      // The same by HTTP, in a table, and in `show`.
      let id = try #require(try await daemon.file("a.wav")?.id)
      let plain = try await daemon.curl("/v1/recordings/\(id)/tags")
      #expect(try daemon.decode(Wire.TagAnswer.self, plain).tags == answers[0].tags)
      let best = answers[0].tags[0]
      let table = try await daemon.hark("tags", sounds[0].path, "-n", "1").text
      #expect(table.hasPrefix("SCORE  TAG\n") && table.hasSuffix("  \(best.label)\n"), "\(table)")
      let shown = try daemon.decode(
        Shown.self, try await daemon.hark("show", "--json", sounds[0].path))
      #expect(shown.tags == answers[0].tags)
      let line = try await daemon.hark("show", sounds[0].path).text
        .split(separator: "\n").first { $0.hasPrefix("Tags ") }
      #expect(line?.contains(best.score > 0.1 ? best.label : "none") == true, "\(line ?? "none")")

      try await models(daemon, model)
      #expect(try await daemon.stop() == 0)
    }

    /// What `hark model` says of it, and of the one that takes over.
    private func models(_ daemon: DaemonProcess, _ model: LabelledModel) async throws {
      let info = try daemon.decode(Wire.Models.self, try await daemon.hark("model", "--json"))
      #expect(info.models.map(\.name) == ["labelled"] && info.models.map(\.labels) == [3])
      let details = try await daemon.curl("/v1/models/\(info.models[0].id)")
      let labels = try daemon.decode(Wire.ModelDetails.self, details).labels
      #expect(labels == LabelledModel.labels)

      let bare = daemon.home.beside("bare.safetensors")
      try LabelledModel.bare("bare").write(to: bare)
      try daemon.home.set(model: bare)
      daemon.process.send(SIGHUP)
      try await eventually("the other model answers") {
        try await daemon.status().models.contains { $0.name == "bare" && $0.role == "active" }
      }
      let none = try await daemon.hark("tags", daemon.path("a.wav"))
      #expect(none.status == 0 && none.text.isEmpty)
      #expect(none.errors == "hark: the model bare gives no tags\n")
      let shown = try await daemon.hark("show", daemon.path("a.wav"))
      #expect(shown.status == 0 && !shown.text.contains("\nTags "))
      let list = try daemon.decode(
        Listed.self, try await daemon.hark("model", "list", "--json"))
      #expect(list.models.map(\.name) == ["labelled", "bare"])
      #expect(list.models.map(\.role) == ["kept", "active"])
      #expect(list.files.contains { $0.path.hasSuffix(".safetensors") })
      let plain = try await daemon.hark("model")
      #expect(plain.status == 0 && plain.text.contains("none: it gives no tags"))
    }
  }
}
