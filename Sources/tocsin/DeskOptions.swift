import ArgumentParser
import Foundation
import OperatorDesk
import StationDaemon

/// Where the daemon is: the same for every command that asks it something.
struct DeskOptions: ParsableArguments {
    @Option(
        help: """
            The desk: HOST:PORT or unix:PATH. Without it the socket \(Installed.socket) where you \
            may use it, else \(Installed.address).
            """)
    var desk: String?

    @Flag(help: "Print JSON as the desk gives it.")
    var json = false

    func validate() throws {
        do {
            _ = try address
        } catch {
            throw ValidationError(error.description)
        }
    }

    private var address: ListenAddress {
        get throws(ListenAddress.ParseError) {
            if let desk { return try ListenAddress.parse(desk) }
            let hasSocket = unsafe access(Installed.socket, W_OK) == 0
            return try ListenAddress.parse(
                hasSocket ? "unix:\(Installed.socket)" : Installed.address)
        }
    }

    func client() throws -> StreamClient { StreamClient(try address) }

    /// What the desk answers to a question that it does not refuse.
    func ask(_ target: String) async throws -> StreamClient.Answer {
        let answer = try await client().get(target)
        guard answer.status == 200 else { throw StreamClientError.refused(answer) }
        return answer
    }
}
