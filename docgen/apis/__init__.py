"""The interfaces as documents and as pages: AsyncAPI for messages, OpenAPI for our endpoints and for what is used of TCS."""
