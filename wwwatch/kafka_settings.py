"""How to get into a Kafka cluster. Names and values are Kafka's."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from wwwatch.section import Section


class KafkaSettings(Section):
    """Kafka as a transport: `ship --to` and `ship --from`."""

    security_protocol: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = Field(
        "plaintext", description="plaintext, ssl, sasl_plaintext or sasl_ssl, as the listener has it"
    )
    ca_file: Path | None = Field(None, description="certificate authority of the brokers, PEM")
    certificate_file: Path | None = Field(None, description="our certificate, PEM, where brokers ask for one")
    key_file: Path | None = Field(None, description="its private key, PEM")
    key_password: SecretStr = Field(SecretStr(""), description="password of that key")
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    username: str = Field("", description="SASL user")
    password: SecretStr = Field(SecretStr(""), description="SASL password; better in WWWATCH_KAFKA__PASSWORD_FILE")
    session_timeout_ms: int = Field(
        45_000,
        ge=1000,
        description="how long a reader that was killed keeps its partitions from the others",
    )
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"] = Field(
        "lz4", description="of messages: none, gzip, snappy, lz4, zstd"
    )
