# Builds the image that holds only /rinit, to be copied into other images:
#
#     podman build --tag localhost/rinit:0.1.0 .        (docker build takes the same arguments)
#     podman build --platform linux/arm64 ...           (amd64, 386, arm/v7, ppc64le, s390x, riscv64, loong64)
#
# For another platform than its own, podman 4.3 has to be told --build-arg BUILDPLATFORM=linux/amd64 as well.
#
#     COPY --from=localhost/rinit:0.1.0 /rinit /rinit
#     ENTRYPOINT ["/rinit", "--"]
#     CMD ["/usr/bin/my-server"]
#
# A tag can be moved to another image; a digest cannot. For a reproducible build, look the digest up
# once, check it, and add it to the tag:
#
#     podman pull docker.io/library/rust:1.95-slim-bookworm
#     podman image inspect --format '{{.Digest}}' docker.io/library/rust:1.95-slim-bookworm
#     podman build --build-arg RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm@sha256:DIGEST .
#
# (Docker shows the digest with: docker buildx imagetools inspect docker.io/library/rust:1.95-slim-bookworm)
ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm

# The compiler runs on the architecture that builds, and compiles for the one that is asked for with --platform:
# nothing is emulated.
FROM --platform=$BUILDPLATFORM ${RUST_IMAGE} AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY .cargo .cargo
COPY release release
ARG TARGETARCH TARGETVARIANT
# It calls cargo with --locked, which fetches the crates that Cargo.lock names, and checks the checksums in it.
# build.rs and the release profile harden the program (static-pie, full RELRO, no executable stack);
# nothing here overrides their flags.
RUN release/build "$TARGETARCH${TARGETVARIANT:+/$TARGETVARIANT}" && mv target/*/release/rinit .

FROM scratch
LABEL org.opencontainers.image.title="rinit" \
      org.opencontainers.image.description="A minimal init (PID 1) for containers" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /source/rinit /rinit
# By number, because this image holds one file and no /etc/passwd. rinit has no port, no data and no
# health to check, so there is no EXPOSE, VOLUME or HEALTHCHECK.
USER 65534:65534
ENTRYPOINT ["/rinit"]
CMD ["--help"]
