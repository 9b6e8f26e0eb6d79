import AlarmModel
import ArgumentParser
import Foundation
import WireProtocols

/// `tocsin protocols`
struct Protocols: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists the protocols that the station speaks, and what each can raise.")

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let all = ProtocolRegistry.all.map(\.about)
        guard json else {
            for about in all {
                Terminal.say("\(about.id)  \(about.title)")
                Terminal.say("    link       \(about.link)")
                Terminal.say("    reply      \(about.reply)")
                Terminal.say("    authority  \(about.authority)")
                Terminal.say(
                    "    raises     \(about.kinds.map(\.rawValue).joined(separator: ", "))")
            }
            return
        }
        let forms = all.map { about in
            ProtocolForm(
                id: about.id.rawValue, title: about.title, link: about.link, reply: about.reply,
                authority: about.authority, kinds: about.kinds.map(\.rawValue))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Terminal.say(json: String(decoding: try encoder.encode(forms), as: UTF8.self))
    }
}

private struct ProtocolForm: Encodable {
    var id: String
    var title: String
    var link: String
    var reply: String
    var authority: String
    var kinds: [String]
}
