import ArgumentParser
import Foundation
import OperatorDesk

/// `tocsin capture`: the bytes of the ports as they come and go, as pcapng on standard output.
struct Capture: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the bytes of ports, both ways, as a capture that Wireshark reads.",
        discussion: """
            It goes on until it is ended; every byte from its start on is in it:
              tocsin capture --port receiver-1 > receiver-1.pcapng
            """)

    @OptionGroup var desk: DeskOptions

    @Option(help: "Only this port.")
    var port: String?

    @Option(help: "End after so many seconds.")
    var seconds: UInt32?

    func run() async throws {
        guard isatty(1) == 0 else {
            throw Trouble("a capture is not for a terminal: add > FILE.pcapng", .usage)
        }
        let client = try desk.client()
        let name = port?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        let target = "/v1/capture" + (name.map { "?port=\($0)" } ?? "")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await client.pieces(target) { Terminal.write($0) }
            }
            if let seconds {
                group.addTask { try await Task.sleep(for: .seconds(seconds)) }
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
