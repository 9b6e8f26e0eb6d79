import ArgumentParser
import OperatorDesk

/// Where the daemon is: the same for every command that asks it something.
struct DeskOptions: ParsableArguments {
    @Option(help: "The desk: HOST:PORT or unix:PATH.")
    var desk = "127.0.0.1:8119"

    @Flag(help: "Print JSON as the desk gives it.")
    var json = false

    func client() throws -> StreamClient {
        StreamClient(try ListenAddress.parse(desk))
    }

    /// Prints the answer as it is, or each element of its array through `line`.
    @discardableResult
    func show<Element: Decodable>(
        _ target: String, as: Element.Type, _ line: (Element) -> String
    ) async throws -> StreamClient.Answer {
        let answer = try await client().get(target)
        guard answer.status == 200 else { throw StreamClientError.refused(answer) }
        if json {
            print(String(decoding: answer.body, as: UTF8.self))
        } else {
            for element in try decodeJSON([Element].self, answer.body) { print(line(element)) }
        }
        return answer
    }
}
