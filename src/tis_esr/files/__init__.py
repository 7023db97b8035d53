"""File stores: a folder, S3 and SFTP."""
