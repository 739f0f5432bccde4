// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

func library(_ name: String, pkgConfig: String?, debian: String) -> Target {
  .systemLibrary(
    name: name, path: "Libraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([debian])])
}

let package = Package(
  name: "akiba",
  products: [.executable(name: "akiba", targets: ["akiba"]), .executable(name: "bench", targets: ["bench"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    library("CZstd", pkgConfig: "libzstd", debian: "libzstd-dev"),
    library("CSnappy", pkgConfig: nil, debian: "libsnappy-dev"),
    library("CXXHash", pkgConfig: "libxxhash", debian: "libxxhash-dev"),
    library("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
    library("CSodium", pkgConfig: "libsodium", debian: "libsodium-dev"),
    .systemLibrary(name: "CLinux", path: "Libraries/CLinux"),
    library("CLibcrypto", pkgConfig: "libcrypto", debian: "libssl-dev"),
    library("CCurl", pkgConfig: "libcurl", debian: "libcurl4-openssl-dev"),

    module("Primitives", [crypto, "CLibcrypto"]),
    module("Files", ["Primitives", "CLinux", system]),
    module("CouchFormat", ["Primitives", crypto, "CSnappy", "CXXHash", "CZlib"]),
    module("ResticFormat", ["Primitives", crypto, cryptoExtras, "CLibcrypto", "CSodium", "CZstd"]),
    module("Stores", ["Primitives", "Files", system]),
    module("Repositories", ["Primitives", "ResticFormat", "Stores"]),
    module("Status", []),
    module("Remotes", ["Primitives", "Files", "Stores", "CCurl", "CLinux", crypto, system]),
    module(
      "Deployments", ["Primitives", "Files", "CouchFormat", "Remotes", "CLibcrypto", crypto, cryptoExtras, yams, system]),
    module("Backup", ["Primitives", "Files", "CouchFormat", "ResticFormat", "Stores", "Repositories", "Deployments", system]),
    module(
      "Recovery",
      ["Primitives", "Files", "CouchFormat", "ResticFormat", "Stores", "Repositories", "Deployments", crypto, cryptoExtras, system]),
    .executableTarget(
      name: "akiba",
      dependencies: [
        "Primitives", "Files", "CouchFormat", "ResticFormat", "Stores", "Repositories", "Remotes", "Deployments",
        "Backup", "Recovery", "Status", arguments, yams, system,
      ],
      swiftSettings: settings),

    .target(
      name: "Benchmarking",
      dependencies: ["Primitives", "Files", "CouchFormat", "ResticFormat", "Stores", "Repositories", "CLinux", system],
      path: "Benchmarks/Benchmarking", swiftSettings: settings),
    .executableTarget(
      name: "bench", dependencies: ["Benchmarking", "Primitives", "Files", arguments, system], path: "Benchmarks/bench",
      swiftSettings: settings),

    .target(name: "TestSupport", dependencies: ["CLinux"], path: "Tests/TestSupport", swiftSettings: settings),
    .target(
      name: "StoreTesting", dependencies: ["Primitives", "Stores", "TestSupport"], path: "Tests/StoreTesting", swiftSettings: settings),
    tests("PrimitivesTests", ["Primitives"]),
    tests("FilesTests", ["Files", "TestSupport", system]),
    tests("CouchFormatTests", ["CouchFormat", "Files", "Primitives", "TestSupport", crypto]),
    tests("ResticFormatTests", ["ResticFormat", "Primitives", "TestSupport"]),
    tests("StoresTests", ["Stores", "StoreTesting", "Files", "Primitives", system]),
    tests("BackupTests", ["Backup", "Deployments", "Primitives", "Repositories", "ResticFormat", "Stores", "TestSupport", system]),
    tests("DeploymentsTests", ["Deployments", "Remotes", "Files", "Primitives", "TestSupport", system]),
    tests("EndToEndTests", ["TestSupport", "Recovery", "CouchFormat", "Primitives", system]),
    tests("RemotesTests", ["Remotes", "Repositories", "ResticFormat", "Stores", "StoreTesting", "Primitives", "TestSupport", system]),
    tests("RecoveryTests", ["Recovery", "CouchFormat", "Deployments", "Files", "Primitives", "TestSupport", system]),
    tests("BenchTests", ["Benchmarking", "TestSupport", system]),
    tests("StatusTests", ["Status"]),
    tests("RepositoriesTests", ["Repositories", "Remotes", "ResticFormat", "Stores", "Primitives", "TestSupport", system]),
  ]
)
