import Foundation

/// What a client finds where a station hangs: it takes connections, begins an answer if it is told
/// to, and says nothing more.
final class SilentDesk {
    let port: UInt16
    private let descriptor: Int32

    /// - Parameter head: what each client is answered.
    init(answering head: String) throws {
        port = try freePort()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(4))
        var address = sockaddr_in.loopback(port)
        guard withGeneric(&address, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 8) == 0
        else { throw HarnessError("cannot listen on \(port)") }
        let listener = descriptor
        let answer = Array(head.utf8)
        Thread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                _ = fcntl(client, F_SETFD, FD_CLOEXEC)
                // An answer that comes before its question is refused.
                var question = [UInt8](repeating: 0, count: 4_096)
                _ = read(client, &question, question.count)
                send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
            }
        }.start()
    }

    /// The head of a stream that goes on.
    static let stream = """
        HTTP/1.1 200 OK\r
        Content-Type: text/event-stream\r
        Tocsin-Place: 0a1b2c3d4e5f-0\r
        Transfer-Encoding: chunked\r
        \r

        """

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}
