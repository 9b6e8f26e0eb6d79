import EventJSON
import HTTPTypes
import Hummingbird
import Logging
import StationLedger

/// Why a request is not answered with what it asked for.
struct DeskError: Error, Equatable {
    var status: HTTPResponse.Status
    /// What is wrong.
    var message: String
    /// What may be done there instead, of an answer to a wrong method.
    var allowed: [HTTPRequest.Method]?
    /// What the one who asked can do about it.
    var remedy: String

    static func badRequest(_ message: String, remedy: String) -> DeskError {
        DeskError(status: .badRequest, message: message, remedy: remedy)
    }

    static func unavailable(_ message: String, remedy: String) -> DeskError {
        DeskError(status: .serviceUnavailable, message: message, remedy: remedy)
    }

    static func wrongMethod(
        _ request: Request, allowed: [HTTPRequest.Method]
    ) -> DeskError {
        DeskError(
            status: .methodNotAllowed,
            message: "\(request.uri.path) takes no \(request.method.rawValue)", allowed: allowed,
            remedy: "it takes \(Response.list(allowed))")
    }

    var response: Response {
        var response = Response(json: json, status: status)
        response.headers[.allow] = allowed.map(Response.list)
        return response
    }

    /// `{"error":{"message":"…","remedy":"…"}}`
    var json: [UInt8] {
        JSONWriter.text { json in
            json.object { json in
                json.object("error") { json in
                    json.field("message", message)
                    json.field("remedy", remedy)
                }
            }
        }
    }
}

extension Response {
    /// What may be done at some address.
    init(allowing methods: [HTTPRequest.Method]) {
        self.init(
            status: .noContent,
            headers: [.allow: Self.list(methods), .cacheControl: "no-store"])
    }

    static func list(_ methods: [HTTPRequest.Method]) -> String {
        methods.map(\.rawValue).joined(separator: ", ")
    }

    init(json: [UInt8], status: HTTPResponse.Status = .ok) {
        self.init(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }

    init(text: String, contentType: String = "text/plain; charset=utf-8") {
        self.init(
            status: .ok, headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Gives every failure the one form of an error.
struct ErrorAnswers<Context: RequestContext>: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as DeskError {
            return error.response
        } catch let error as HTTPError where error.status == .notFound {
            // What is asked of the desk as a whole.
            if request.method == .options, request.head.path == "*" {
                return Response(allowing: [.get, .head, .post, .options])
            }
            let message = "there is no \(request.method.rawValue) \(request.uri.path)"
            return DeskError(
                status: .notFound, message: message, remedy: "GET / lists what there is"
            ).response
        } catch let error as HTTPError {
            return DeskError(
                status: error.status, message: error.body ?? error.status.reasonPhrase,
                remedy: "GET / lists what there is"
            ).response
        } catch let error as LedgerError {
            logger.error("the desk cannot read the ledger", metadata: ["error": "\(error)"])
            return DeskError(
                status: error.isTransient ? .serviceUnavailable : .internalServerError,
                message: error.message, remedy: error.remedy
            ).response
        }
    }
}
