import Foundation

/// Where the tests find what they check besides code.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func files(below folder: String, ending suffix: String) -> [URL] {
        let base = root.appendingPathComponent(folder).resolvingSymlinksInPath()
        let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
        var files: [URL] = []
        while let file = walker?.nextObject() as? URL {
            if file.lastPathComponent.hasSuffix(suffix) { files.append(file) }
        }
        return files.sorted { $0.path < $1.path }
    }

    static func folders(in folder: String) -> [String] {
        let base = root.appendingPathComponent(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
        return names.filter { name in
            var isFolder: ObjCBool = false
            let path = base.appendingPathComponent(name).path
            return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                && isFolder.boolValue
        }.sorted()
    }
}
