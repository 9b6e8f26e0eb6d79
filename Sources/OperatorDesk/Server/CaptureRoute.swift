import AlarmModel
import HTTPTypes
import Hummingbird
import NIOCore

extension DeskRoutes {
    /// The bytes of the ports as they come and go. What is in a capture can name persons, so the
    /// desk gives it only where it gives everything else: on loopback and on its socket.
    func capture(_ request: Request) throws(DeskError) -> Response {
        let name = try Query(request, allowed: ["port"]).text("port")
        if let name, !station.ports.contains(where: { $0.name == name }) {
            let names = station.ports.map(\.name).joined(separator: ", ")
            throw .badRequest("there is no port \(name)", remedy: "use one of \(names)")
        }
        let headers: HTTPFields = [.contentType: "application/x-pcapng", .cacheControl: "no-store"]
        if request.method == .head {
            return Response(status: .ok, headers: headers, body: ResponseBody { _ in })
        }
        guard let pieces = station.capture(port: name) else {
            throw .unavailable(
                "\(Limits.tapsMax) captures run, which is the most",
                remedy: "end one that is not needed, and try again")
        }
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    for await piece in pieces {
                        try await writer.write(ByteBuffer(bytes: piece))
                    }
                }
                try await writer.finish(nil)
            })
    }
}
