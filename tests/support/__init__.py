"""What tests share: tiny models, servers, hubs and jobs that are real and small."""
