/// Compose files of the shapes that CHT's have, and people's own beside them. Written for these tests.
enum ComposeSamples {
  static let environment = ["SECRETS_DIR": "/etc/clinic", "DATA": "/mnt/ebs/couchdb", "TAG": "4.22.0", "EMPTY": ""]

  static let database = """
    services:
      database:
        image: registry.example.org/clinic/database:${TAG:-latest}
        volumes:
          - ${DATA:-./srv}:/opt/couchdb/data
          - credentials:/opt/couchdb/etc/local.d/
        environment:
          - "PASSWORD=${PASSWORD:-secret}"
        restart: always
        networks:
          clinic-net:
      index:
        image: registry.example.org/clinic/index:${TAG:-latest}
        volumes:
          - ${DATA:-./srv}/index:/data/index
        networks:
          - clinic-net
    volumes:
      credentials:
    networks:
      clinic-net:
        name: ${NETWORK:-clinic-net}
    """

  static let updater = """
    version: '3.9'
    services:
      updater:
        image: registry.example.org/clinic/updater:latest
        volumes:
          - /var/run/docker.sock:/var/run/docker.sock
          - ${CONFIG_PATH}:/config
          - ${FILES_PATH}:/docker-compose
        networks: [clinic-net]
        environment:
          - PASSWORD
    networks:
      clinic-net:
        name: ${NETWORK:-clinic-net}
        external: true
    """

  static let everything = """
    name: clinic
    x-logging: &logging
      driver: local
      options: {max-size: "50m"}
    x-common: &common
      restart: always
      logging: *logging
      networks: [inner]
      volumes:
        - &certificates certs:/etc/nginx/private:ro
    x-more: &more
      container_name: replaced
      image: example/more
    services:
      proxy:
        <<: [*common, *more]
        image: "example/caddy:2"
        volumes:
          - *certificates
          - ~/Caddyfile:/etc/caddy/Caddyfile:ro,z
          - ../shared:/srv/shared
          - /anonymous
          - {type: bind, source: ./site, target: /srv/site, read_only: true}
          - type: volume
            source: state
            target: /state
          - type: volume
            target: /nameless
          - type: tmpfs
            target: /run/cache
        env_file:
          - proxy.env
          - path: ./optional.env
            required: false
        configs:
          - banner
          - source: rules
            target: /rules
        secrets: [token]
      exporter:
        <<: *common
        container_name: exporter-${TAG}
        build:
          context: ./exporter
          dockerfile: Dockerfile
        env_file: exporter.env
      monitor:
        extends:
          file: base/monitor.yml
          service: monitor
        build: https://github.com/example/monitor.git
    configs:
      banner: {file: ./banner.txt}
      rules: {external: true}
    secrets:
      token:
        file: ${SECRETS_DIR}/token
      unused: {file: /etc/unused}
    volumes:
      certs:
        name: clinic_ssl
        external: true
      state:
        driver: local
        driver_opts: {type: none, o: bind, device: /mnt/state}
      remote:
        driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", device: ":/export"}
    networks:
      inner:
    include:
      - extra/compose.yml
      - path: [one.yml, two.yml]
        env_file: extra/.env
        project_directory: extra
      - oci://registry.example.org/stack
    """
}
