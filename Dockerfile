# The image that holds only /rinit, to be copied into others:
#
#     podman build --tag localhost/rinit:0.1.0 .        (docker build takes the same arguments)
#
#     COPY --from=localhost/rinit:0.1.0 /rinit /rinit
#     ENTRYPOINT ["/rinit", "--"]
#     CMD ["/usr/bin/my-server"]
#
# A tag can be moved to another image, a digest can not. For a build that can be repeated, ask for the
# digest once, check it, and give it with the tag:
#
#     podman pull docker.io/library/rust:1.95-slim-bookworm
#     podman image inspect --format '{{.Digest}}' docker.io/library/rust:1.95-slim-bookworm
#     podman build --build-arg RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm@sha256:DIGEST .
#
# (Docker shows it with: docker buildx imagetools inspect docker.io/library/rust:1.95-slim-bookworm)
ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm

FROM ${RUST_IMAGE} AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
# --locked: crates are fetched as Cargo.lock names them, and their checksums are those written there.
# build.rs and the release profile harden the program (static-pie, full RELRO, no executable stack):
# nothing here overrides their flags.
RUN cargo build --release --locked

FROM scratch
LABEL org.opencontainers.image.title="rinit" \
      org.opencontainers.image.description="A minimal init (PID 1) for containers" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /source/target/release/rinit /rinit
# By number, so that it needs no /etc/passwd: this image holds one file. It has no port, no data and
# nothing to be healthy, hence no EXPOSE, VOLUME or HEALTHCHECK.
USER 65534:65534
ENTRYPOINT ["/rinit"]
CMD ["--help"]
