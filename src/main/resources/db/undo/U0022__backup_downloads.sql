drop table backup_download_use, backup_download;
