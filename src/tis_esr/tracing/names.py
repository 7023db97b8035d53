"""The names of attributes: OpenTelemetry's semantic conventions where they have one, ``tis_esr.`` where they have none.

They are written here because the package of the conventions belongs to the extra; a test compares them with it.
"""

from typing import Final

MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_DESTINATION_NAME: Final = "messaging.destination.name"
MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
MESSAGING_MESSAGE_CONVERSATION_ID: Final = "messaging.message.conversation_id"
MESSAGING_BATCH_MESSAGE_COUNT: Final = "messaging.batch.message_count"

HTTP_REQUEST_METHOD: Final = "http.request.method"
HTTP_REQUEST_RESEND_COUNT: Final = "http.request.resend_count"
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
URL_FULL: Final = "url.full"
URL_TEMPLATE: Final = "url.template"
FILE_NAME: Final = "file.name"
ERROR_TYPE: Final = "error.type"

OUTCOME: Final = "tis_esr.outcome"
ATTEMPT: Final = "tis_esr.attempt"
ROW: Final = "tis_esr.row"
ROWS: Final = "tis_esr.rows"
RECORD_TYPE: Final = "tis_esr.record_type"
STATE: Final = "tis_esr.state"
DOCUMENTS: Final = "tis_esr.documents"
MESSAGES_SENT: Final = "tis_esr.messages_sent"
MESSAGES_DONE: Final = "tis_esr.messages_done"
SPANS_LEFT_OUT: Final = "tis_esr.spans_left_out"
